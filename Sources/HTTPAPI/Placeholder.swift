// Gets its first content soon.
import HummingbirdCore
import HummingbirdTLS
import NIOHTTPTypesHTTP1
