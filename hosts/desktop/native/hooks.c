/*
 * What the engine asks of its host besides memory and modules: to end, and to run promise jobs later.
 * Knows the engine's state at the end. Must not know what happens to the process then.
 */
#include "xsAll.h"

#include "loop.h"
#include "memory.h"

extern void hooksCheckRejections(void* machine);
extern void hostAbort(const char* reason, const char* message) __attribute__((noreturn));

/* The exception, with the stack if it has one. Anything may be wrong with it, so failures here are not told. */
static void describeException(txMachine* the, char* buffer, size_t size)
{
	txJump* jump = the->firstJump;
	if (jump) { /* back to where it was caught; nothing returns from here */
		the->stack = jump->stack;
		the->scope = jump->scope;
		the->frame = jump->frame;
		the->code = jump->code;
	}
	mxTry(the) {
		mxPush(mxException);
		if (mxIsReference(the->stack)) {
			mxDub();
			mxGetID(mxID(_stack));
			if (the->stack->kind != XS_STRING_KIND && the->stack->kind != XS_STRING_X_KIND)
				mxPop();
		}
		c_snprintf(buffer, size, "%s", fxToString(the, the->stack));
	}
	mxCatch(the) {
		c_snprintf(buffer, size, "an exception that has no description");
	}
}

void fxAbort(txMachine* the, int status)
{
	static bool aborting;
	char message[1024] = "";
	MemoryCounters counters;
	if (aborting) /* while describing the exception */
		hostAbort("exception", "an exception that could not be described");
	aborting = true;
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		memoryRead(&counters);
		c_snprintf(message, sizeof(message),
			"memory full: %u slots and %u bytes of chunks in use, %u bytes of %u; %u more asked for", counters.slots,
			counters.chunkBytes, counters.used, counters.limit, counters.refused);
		hostAbort("memory", message);
	case XS_STACK_OVERFLOW_EXIT: {
		txSlot* f = the->frame; txSlot* low = the->stack; 
		char buf[4000] = ""; int n = 0;
		while (f && n < 3500) {
			txSlot* fn = f + 3; const char* name = "?";
			if (fn->kind == XS_REFERENCE_KIND) { txSlot* code = fn->value.reference->next; if (code) { char* k = fxGetKeyName(the, code->ID); if (k) name = k; } }
			txSlot* top = f + 4; txInteger argc = (f-1)->value.integer;
			n += snprintf(buf+n, sizeof(buf)-n, "%s %d (args %d); ", name, (int)(top - low + 1 + argc), argc);
			low = f + 5 + argc; f = f->next;
		}
		hostAbort("stack", buf);
	}
		hostAbort("stack", "stack overflow");
	case XS_UNHANDLED_EXCEPTION_EXIT:
		describeException(the, message, sizeof(message));
		hostAbort("exception", message);
	case XS_UNHANDLED_REJECTION_EXIT:
		describeException(the, message, sizeof(message));
		hostAbort("rejection", message);
	case XS_NO_MORE_KEYS_EXIT:
		hostAbort("engine", "not enough keys");
	case XS_TOO_MUCH_COMPUTATION_EXIT:
		hostAbort("engine", "too much computation");
	default:
		c_snprintf(message, sizeof(message), "the engine gave up (%d)", status);
		hostAbort("engine", message);
	}
}

static bool gQueued;

/* At the end of each turn: a rejection that nobody has taken by then is the end, as in Node. */
void hooksCheckRejections(void* machine)
{
	txMachine* the = machine;
	if (!gQueued && mxUnhandledPromises.value.reference->next)
		fxCheckUnhandledRejections(the, 1);
}

static void runPromiseJobs(void* data)
{
	txMachine* the = data;
	gQueued = false;
	fxBeginHost(the);
	fxRunPromiseJobs(the);
	fxEndHost(the);
}

void fxQueuePromiseJobs(txMachine* the)
{
	if (!gQueued)
		post(runPromiseJobs, the);
	gQueued = true;
}
