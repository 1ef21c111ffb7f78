/*
 * The date that the engine reads (see platform.h). Knows the system's clock. Must not know XS.
 */
#include "clock.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

extern int hostTimeOfDay(struct timeval* time, void* zone);

static int64_t gAhead; /* microseconds, of the system's clock */

static int64_t now(void)
{
	struct timeval time;
	gettimeofday(&time, NULL);
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

int hostTimeOfDay(struct timeval* time, void* zone)
{
	int64_t then = now() + gAhead;
	(void)zone;
	time->tv_sec = (time_t)(then / 1000000);
	time->tv_usec = (suseconds_t)(then % 1000000);
	return 0;
}

void clockSet(double time)
{
	gAhead = (int64_t)llround(time * 1000) - now();
}
