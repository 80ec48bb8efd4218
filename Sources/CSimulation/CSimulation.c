#include "CSimulation.h"
