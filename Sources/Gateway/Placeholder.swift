// Gets its first content soon.
import Yams
