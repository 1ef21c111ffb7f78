/* The date, as the application sees it: the computer's, or one that it has been set to, which then goes on. */
#ifndef CLOCK_H
#define CLOCK_H

/* Milliseconds since 1970. */
extern void clockSet(double time);

#endif
