// Gets its first content soon.
import Crypto
