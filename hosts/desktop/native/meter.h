/*
 * Metering as on boards: there, with XS 17, a step inside a builtin counts a quarter of a bytecode; in this engine's
 * XS 13 it counts as much as one. Included in front of each of XS's sources: counts these steps by themselves.
 */

#ifndef _GNU_SOURCE
	#define _GNU_SOURCE /* xsAll.c wants it, and defines it too late now */
#endif
#include "xsAll.h"

extern txU4 gBuiltinSteps;

#undef mxMeterOne
#undef mxMeterSome
#define mxMeterOne() (gBuiltinSteps++)
#define mxMeterSome(_COUNT) (gBuiltinSteps += (txU4)(_COUNT))
