/* Readings that come from outside: the command `reading N` gives one to the application. */
#ifndef MACHINE_H
#define MACHINE_H

extern void machineReading(double value);

#endif
