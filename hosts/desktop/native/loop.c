/*
 * The event loop. Knows poll(2) and the clock. Must not know XS, sockets or the protocol.
 */
#include "loop.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

static void* grow(void* items, int* capacity, size_t size)
{
	*capacity = *capacity ? *capacity * 2 : 16;
	items = realloc(items, (size_t)*capacity * size);
	if (!items)
		abort();
	return items;
}

/* Time */

double microseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

uint32_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/* Watches: removed ones are freed between turns, so that one may remove another. */

struct Watch {
	int fd;
	short events;
	WatchReady ready;
	void* data;
};

static Watch** gWatches;
static int gWatchCount, gWatchCapacity;
static struct pollfd* gPolls;
static int gPollCapacity;

Watch* watchAdd(int fd, short events, WatchReady ready, void* data)
{
	Watch* watch = malloc(sizeof(Watch));
	if (!watch)
		abort();
	*watch = (Watch){ fd, events, ready, data };
	if (gWatchCount == gWatchCapacity)
		gWatches = grow(gWatches, &gWatchCapacity, sizeof(Watch*));
	gWatches[gWatchCount++] = watch;
	return watch;
}

void watchSet(Watch* watch, short events)
{
	watch->events = events;
}

void watchRemove(Watch* watch)
{
	watch->ready = NULL;
}

static void sweepWatches(void)
{
	int count = 0;
	for (int i = 0; i < gWatchCount; i++) {
		if (gWatches[i]->ready)
			gWatches[count++] = gWatches[i];
		else
			free(gWatches[i]);
	}
	gWatchCount = count;
}

static void waitAndTell(int timeout)
{
	sweepWatches();
	int count = gWatchCount;
	while (count > gPollCapacity)
		gPolls = grow(gPolls, &gPollCapacity, sizeof(struct pollfd));
	for (int i = 0; i < count; i++) {
		bool silent = gWatches[i]->events == -1;
		gPolls[i] = (struct pollfd){ silent ? -1 : gWatches[i]->fd, silent ? 0 : gWatches[i]->events, 0 };
	}
	if (poll(gPolls, (nfds_t)count, timeout) <= 0)
		return;
	for (int i = 0; i < count; i++) {
		Watch* watch = gWatches[i];
		if (gPolls[i].revents && watch->ready && watch->events != -1)
			watch->ready(watch->data, gPolls[i].revents);
	}
}

/* Messages: those posted while others are handled wait for the next turn. */

typedef struct {
	void (*call)(void* data);
	void* data;
} Message;

static Message *gMessages, *gHandled;
static int gMessageCount, gMessageCapacity, gHandledCapacity;

void post(void (*call)(void* data), void* data)
{
	if (gMessageCount == gMessageCapacity)
		gMessages = grow(gMessages, &gMessageCapacity, sizeof(Message));
	gMessages[gMessageCount++] = (Message){ call, data };
}

static void handleMessages(void)
{
	Message* handled = gMessages;
	int count = gMessageCount, capacity = gMessageCapacity;
	gMessages = gHandled;
	gMessageCapacity = gHandledCapacity;
	gMessageCount = 0;
	for (int i = 0; i < count; i++)
		handled[i].call(handled[i].data);
	gHandled = handled;
	gHandledCapacity = capacity;
}

/* Timers: in the order they were added. A repeating one does not drift; repeat is -1 when unscheduled. */

struct Timer {
	Timer* next;
	uint32_t when;
	int32_t repeat;
	bool scheduled, due, removed;
	TimerCall call;
	void* data;
};

static Timer* gTimers;

Timer* timerAdd(int32_t first, int32_t repeat, TimerCall call, void* data)
{
	Timer* timer = calloc(1, sizeof(Timer));
	if (!timer)
		abort();
	timer->call = call;
	timer->data = data;
	timerSchedule(timer, first, repeat);
	Timer** address = &gTimers;
	while (*address)
		address = &(*address)->next;
	*address = timer;
	return timer;
}

void timerSchedule(Timer* timer, int32_t first, int32_t repeat)
{
	timer->when = milliseconds() + (uint32_t)(first > 0 ? first : 0);
	timer->repeat = repeat > 0 ? repeat : 0;
	timer->scheduled = true;
	timer->due = false;
}

void timerUnschedule(Timer* timer)
{
	timer->scheduled = timer->due = false;
	timer->repeat = -1;
}

bool timerIsOver(const Timer* timer)
{
	return timer->removed || timer->repeat == 0;
}

void timerRemove(Timer* timer)
{
	timer->removed = true;
	timer->scheduled = timer->due = false;
}

static void sweepTimers(void)
{
	Timer** address = &gTimers;
	Timer* timer;
	while ((timer = *address)) {
		if (timer->removed) {
			*address = timer->next;
			free(timer);
		}
		else
			address = &timer->next;
	}
}

static int nextTimer(void)
{
	int32_t next = 60000;
	uint32_t now = milliseconds();
	for (Timer* timer = gTimers; timer; timer = timer->next) {
		int32_t delta = (int32_t)(timer->when - now);
		if (timer->scheduled && delta < next)
			next = delta > 0 ? delta : 0;
	}
	return next;
}

static void runTimers(void)
{
	uint32_t now = milliseconds();
	/* Those added or scheduled by a callback are not due in this turn. */
	for (Timer* timer = gTimers; timer; timer = timer->next)
		timer->due = timer->scheduled && (int32_t)(timer->when - now) <= 0;
	for (Timer* timer = gTimers; timer; timer = timer->next) {
		if (!timer->due)
			continue;
		timer->due = false;
		timer->when += (uint32_t)timer->repeat;
		timer->call(timer, timer->data);
		if (timerIsOver(timer)) /* as in the SDK, even when its callback gave it a new delay */
			timerRemove(timer);
	}
	sweepTimers();
}

void loopTurn(void)
{
	waitAndTell(gMessageCount ? 0 : nextTimer());
	handleMessages();
	runTimers();
}
