/* The lines the host writes to stdout: one JSON object each. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "memory.h"

extern void outputReady(void);
extern void outputMemory(const char* type, const MemoryCounters* counters);
extern void outputNetwork(const char* state);
extern void outputReport(const char* text);
/* Numbers that are not finite read null. */
extern void outputNumbers(const double* values, int count);
extern void outputMeasured(const char* name, double value);
extern void outputAbort(const char* reason, const char* message);
extern void outputExit(int status);
extern void outputFlushTrace(void); /* an unfinished line of trace */

#endif
