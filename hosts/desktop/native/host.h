/*
 * What the host's native modules share: how one is declared, and the few calls they need of each other.
 * For files that use XS through its public interface (xs.h).
 */
#ifndef HOST_H
#define HOST_H

#include "xsmc.h"

#include <stdbool.h>
#include <stdint.h>

/* A native module is a piece of JavaScript whose bodies are C: `name() @ "function"`. */
typedef struct {
	const char* name;
	xsCallback call;
} NativeFunction;

typedef struct {
	const char* specifier;
	const char* source;
	const NativeFunction* functions; /* ends with a name of NULL */
} NativeModule;

extern const NativeModule gTimerModule, gTimeModule, gTCPModule, gResolverModule, gPipeModule, gEngineModule,
	gMachineModule;

/* callbacks.c */
extern xsSlot* callbackOption(xsMachine* the, const char* name); /* NULL if there is none */
extern bool hasOption(xsMachine* the, const char* name, xsSlot* value);
extern void targetOption(xsMachine* the);
extern void callBack(xsMachine* the, xsSlot* function, xsSlot self);
extern void callBackCount(xsMachine* the, xsSlot* function, xsSlot self, int32_t count);

enum { bufferFormat, numberFormat };
extern uint8_t formatOf(xsMachine* the, xsSlot value);
extern const char* formatName(uint8_t format);

/* modules.c */
extern const NativeModule* const gNativeModules[]; /* ends with NULL */
extern void* hostDataIf(void* the, void* slot, const void* hooks); /* NULL when it is another kind of thing */
extern void modulesAdd(const char* specifier, const char* path);
extern void modulesConfig(const char* json);
extern const char* modulesRealPath(const char* path); /* NULL when there is no such file */

/* freeze.c */
extern void freezeHeap(void* the);

/* hooks.c */
extern void hooksCheckRejections(void* machine);

/* main.c */
extern void hostExit(int status) __attribute__((noreturn)); /* what JavaScript asked for: orderly */
extern void hostAbort(const char* reason, const char* message) __attribute__((noreturn)); /* as a board dies */

#endif
