// Gets its first content soon.
import GRDB
