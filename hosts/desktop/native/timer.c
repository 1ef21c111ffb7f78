/*
 * The modules "timer" and "time". Know the event loop and the date. Must not know sockets.
 */
#include "clock.h"
#include "host.h"
#include "loop.h"

#include <stdlib.h>

typedef struct {
	xsMachine* the;
	xsSlot self;
	xsSlot* callback;
	Timer* timer;
} ScriptTimer;

static void markTimer(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	ScriptTimer* timer = data;
	if (timer && timer->callback)
		(*markRoot)(the, timer->callback);
}

static void deleteTimer(void* data)
{
	ScriptTimer* timer = data;
	if (timer) {
		timerRemove(timer->timer);
		free(timer);
	}
}

static const xsHostHooks gTimerHooks = { deleteTimer, markTimer, NULL };

/* Detached from its object: that may go, and later calls with it find nothing. */
static void forgetTimer(xsMachine* the, ScriptTimer* timer)
{
	xsmcSetHostData(timer->self, NULL);
	xsForget(timer->self);
	timer->callback = NULL;
}

static void tick(Timer* it, void* data)
{
	ScriptTimer* timer = data;
	xsMachine* the = timer->the;
	if (timer->callback) {
		xsBeginHost(the);
			xsCallFunction1(xsReference(timer->callback), xsGlobal, timer->self);
		xsEndHost(the);
		if (timer->callback && timerIsOver(it))
			forgetTimer(the, timer);
	}
	if (!timer->callback) {
		timerRemove(it);
		free(timer);
	}
}

static void createTimer(xsMachine* the, int32_t first, int32_t repeat)
{
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("callback is not a function");
	ScriptTimer* timer = calloc(1, sizeof(ScriptTimer));
	if (!timer)
		xsUnknownError("no memory");
	xsResult = xsNewHostObject(NULL);
	timer->the = the;
	timer->self = xsResult;
	timer->callback = xsToReference(xsArg(0));
	timer->timer = timerAdd(first, repeat, tick, timer);
	xsmcSetHostData(xsResult, timer);
	xsSetHostHooks(xsResult, &gTimerHooks);
	xsRemember(timer->self);
}

static void timerSet(xsMachine* the)
{
	createTimer(the, xsmcArgc > 1 ? xsmcToInteger(xsArg(1)) : 0, xsmcArgc > 2 ? xsmcToInteger(xsArg(2)) : 0);
}

static void timerRepeat(xsMachine* the)
{
	int32_t interval = xsmcToInteger(xsArg(1));
	createTimer(the, interval, interval);
}

static void timerScheduleAgain(xsMachine* the)
{
	ScriptTimer* timer = xsmcGetHostDataValidate(xsArg(0), (void*)&gTimerHooks);
	if (!timer)
		xsUnknownError("the timer is over"); /* the SDK does not check and crashes */
	if (xsmcArgc == 1)
		timerUnschedule(timer->timer);
	else
		timerSchedule(timer->timer, xsmcToInteger(xsArg(1)), xsmcArgc > 2 ? xsmcToInteger(xsArg(2)) : 0);
}

static void timerClear(xsMachine* the)
{
	ScriptTimer* timer = xsmcArgc ? hostDataIf(the, &xsArg(0), &gTimerHooks) : NULL;
	if (!timer)
		return;
	forgetTimer(the, timer);
	timerSchedule(timer->timer, 0, 0); /* its next tick frees it, or the one that is running */
}

const NativeModule gTimerModule = {
	"timer",
	"export default class Timer {\n"
	"static set(callback, delay, repeat) @ 'set'\n"
	"static repeat(callback, interval) @ 'repeat'\n"
	"static schedule(id, delay, repeat) @ 'schedule'\n"
	"static clear(id) @ 'clear'\n"
	"}\n",
	(const NativeFunction[]) {
		{ "set", timerSet },
		{ "repeat", timerRepeat },
		{ "schedule", timerScheduleAgain },
		{ "clear", timerClear },
		{ NULL, NULL },
	},
};

static void timeTicks(xsMachine* the)
{
	xsmcSetInteger(xsResult, (int32_t)milliseconds());
}

static void timeMicroseconds(xsMachine* the)
{
	xsmcSetNumber(xsResult, microseconds());
}

static void timeDelta(xsMachine* the)
{
	int32_t start = xsmcToInteger(xsArg(0));
	int32_t end = xsmcArgc > 1 ? xsmcToInteger(xsArg(1)) : (int32_t)milliseconds();
	xsmcSetInteger(xsResult, (int32_t)((uint32_t)end - (uint32_t)start));
}

/* (seconds since 1970) */
static void timeSet(xsMachine* the)
{
	double seconds = xsmcToNumber(xsArg(0));
	if (!(seconds >= 0 && seconds <= UINT32_MAX)) /* as far as boards count */
		xsRangeError("invalid time");
	clockSet(seconds * 1000);
}

const NativeModule gTimeModule = {
	"time",
	"export default class Time {\n"
	"static get ticks() @ 'ticks'\n"
	"static get microseconds() @ 'microseconds'\n"
	"static delta(start, end) @ 'delta'\n"
	"static set(seconds) @ 'set'\n"
	"}\n",
	(const NativeFunction[]) {
		{ "ticks", timeTicks },
		{ "microseconds", timeMicroseconds },
		{ "delta", timeDelta },
		{ "set", timeSet },
		{ NULL, NULL },
	},
};
