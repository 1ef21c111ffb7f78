/* What comes to the application from outside: readings (`reading N`) and the wish for an orderly end (`quit`). */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>

extern void machineReading(double value);
/* Whether the application will see to its end itself. */
extern bool machineQuit(void);

#endif
