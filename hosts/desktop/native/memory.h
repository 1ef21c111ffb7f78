/*
 * Counts of what the machine allocates, and the limit of the board it stands for.
 * Bytes are those of a 32-bit board: 16 a slot, a chunk its size rounded up to 4 plus a header of 8.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>

enum { boardSlotSize = 16, boardChunkHeader = 8 };

typedef struct {
	uint32_t slots, chunkBytes; /* in use by the application, garbage included, since memoryStart */
	uint32_t slotsAllocated, chunkBytesAllocated, collections, meter; /* since memoryMark */
	uint32_t limit, used; /* bytes; a limit of 0 is none */
	uint32_t stack; /* the most slots of stack in use at any time since memoryStart */
	uint32_t refused; /* bytes the last request asked for that did not fit, 0 if none was refused */
} MemoryCounters;

/* From here on the limit holds, and the stack has room for stackCount more slots (0: all of it). */
extern void memoryStart(void* machine, uint32_t limit, uint32_t stackCount);
extern void memoryMark(void);
extern void memoryCollect(void);
extern void memoryRead(MemoryCounters* counters);
extern uint32_t memoryLiveSlots(void);
extern uint32_t memoryLiveChunkBytes(void);
/* Since the mark: plain subtractions, safe to call from a function that is being measured. */
extern uint32_t memorySlots(void);
extern uint32_t memoryChunkBytes(void);
extern uint32_t memoryCollections(void);
extern uint32_t memoryMeter(void);

#endif
