/* The event loop: file descriptors, messages to oneself, timers. One thread, no JavaScript. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

extern uint32_t milliseconds(void); /* monotonic, wraps */
extern double microseconds(void);

typedef struct Watch Watch;
typedef void (*WatchReady)(void* data, short events);
extern Watch* watchAdd(int fd, short events, WatchReady ready, void* data);
extern void watchSet(Watch* watch, short events); /* -1: not even errors are told */
extern void watchRemove(Watch* watch);

/* Like a message to the machine on a board: called from the loop, later, in order. */
extern void post(void (*call)(void* data), void* data);

typedef struct Timer Timer;
typedef void (*TimerCall)(Timer* timer, void* data);
extern Timer* timerAdd(int32_t first, int32_t repeat, TimerCall call, void* data);
extern void timerSchedule(Timer* timer, int32_t first, int32_t repeat);
extern void timerUnschedule(Timer* timer);
extern bool timerIsOver(const Timer* timer); /* true in the last call of one that does not repeat */
extern void timerRemove(Timer* timer);

extern void loopTurn(void);

#endif
