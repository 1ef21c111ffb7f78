/*
 * What XS must be told about this computer: system headers, the fields the host keeps in the machine,
 * and which of its default services to use. Read by every XS source, so a change here rebuilds XS.
 * Must not know anything of sockets, timers or modules.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1
#if defined(__linux__)
	#undef mxLinux
	#define mxLinux 1
#elif defined(__APPLE__)
	#undef mxMacOSX
	#define mxMacOSX 1
#else
	#error "the desktop host runs on Linux and macOS"
#endif

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1

/* XS brings these; memory, modules, promise jobs and aborts are the host's. */
#define mxUseDefaultMachinePlatform 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

#define mxMachinePlatform \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

/* The date can be set: the host's own. */
#include <sys/time.h>
typedef struct timeval c_timeval;
#define c_timezone timezone
#define c_gettimeofday hostTimeOfDay
extern int hostTimeOfDay(struct timeval* time, void* zone);

/* All that XS prints (trace, reports of errors) becomes lines of the protocol. */
#define c_vprintf hostVPrintf
#define c_printf hostPrintf
extern int hostVPrintf(const char* format, va_list arguments);
extern int hostPrintf(const char* format, ...);

#endif
