// Gets its first content soon.
import AsyncHTTPClient
