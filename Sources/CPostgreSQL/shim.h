// libpq, PostgreSQL's own client library, where pkg-config says it is.
#include <libpq-fe.h>
