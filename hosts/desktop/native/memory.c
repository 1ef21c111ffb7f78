/*
 * XS's own allocator with a counter at each door, and the heap limit of a board.
 * Knows the inside of XS memory (slots, blocks, chunks). Must not know who allocates, or the event loop.
 *
 * xsMemory.c is compiled as it is, in here, under other names; XS then calls the functions of this file.
 */

#if defined(__GNUC__)
	#pragma GCC diagnostic push
	#pragma GCC diagnostic ignored "-Wunused-parameter"
	#pragma GCC diagnostic ignored "-Wsign-compare"
	#pragma GCC diagnostic ignored "-Wempty-body"
	#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#endif
#define fxNewSlot plainNewSlot
#define fxDuplicateSlot plainDuplicateSlot
#define fxNewChunk plainNewChunk
#define fxNewGrowableChunk plainNewGrowableChunk
#define fxRenewChunk plainRenewChunk
#include "xsMemory.c"
#undef fxNewSlot
#undef fxDuplicateSlot
#undef fxNewChunk
#undef fxNewGrowableChunk
#undef fxRenewChunk
#if defined(__GNUC__)
	#pragma GCC diagnostic pop
#endif

#include "memory.h"

#include <stdbool.h>

extern txSlot* fxNewSlot(txMachine* the);
extern txSlot* fxDuplicateSlot(txMachine* the, txSlot* slot);
extern void* fxNewChunk(txMachine* the, txSize size);
extern void* fxNewGrowableChunk(txMachine* the, txSize size, txSize capacity);
extern void* fxRenewChunk(txMachine* the, void* data, txSize size);

enum { unusedByte = 0x5A };

txU4 gBuiltinSteps; /* see meter.h */

static struct {
	txMachine* the;
	uint32_t limit, refused;
	txSlot *stackBase, *stackEnd; /* the stack the application has grows down from base */
	txSize baseSlots; /* what engine and preloaded code take: on a board that is in flash */
	uint32_t baseChunkBytes;
	uint32_t chunkBytes; /* all chunks in use, kept up as they are allocated, recounted after a collection */
	uint32_t countedAt; /* the collection at which chunkBytes was counted */
	uint32_t slots, chunks, collections; /* ever: slots and bytes of chunks allocated. They wrap, differences stay right. */
	uint32_t slotsAtMark, chunkBytesAtMark, collectionsAtMark, codesAtMark, stepsAtMark;
} gMemory;

/* How a chunk differs from the one a board would have: noted in its `dummy`, which the engine leaves alone. */
enum {
	doubledFlag = 1, /* it holds slots or pointers, which take half as much there */
	roundedSizeFlag = 2, /* its size is rounded up to 8 here, and that is 4 more than there */
	roundedFlag = 4, /* so is what it takes, which may be more than its size */
};

static uint32_t boardChunkSize(txSize size)
{
	return boardChunkHeader + (((uint32_t)size + 3) & ~3u);
}

static txChunk* chunkOf(void* data)
{
	return (txChunk*)((txByte*)data - sizeof(txChunk));
}

static txSize takenBy(txChunk* chunk)
{
	return (txSize)(chunk->temporary - (txByte*)chunk);
}

static uint32_t boardBytes(txChunk* chunk)
{
	txSize size = takenBy(chunk) - (txSize)sizeof(txChunk);
	if (chunk->dummy & doubledFlag)
		return boardChunkSize(size / 2);
	return boardChunkSize(chunk->dummy & roundedFlag ? size - 4 : size);
}

static void noteSize(txChunk* chunk, txSize size)
{
	bool rounded = ((size - 1) & 7) < 4;
	chunk->dummy = (chunk->dummy & ~roundedSizeFlag) | (rounded ? roundedSizeFlag : 0);
}

static void noteTaken(txChunk* chunk, txSize size)
{
	noteSize(chunk, size);
	chunk->dummy = (chunk->dummy & ~roundedFlag) | (chunk->dummy & roundedSizeFlag ? roundedFlag : 0);
}

static void noteDoubled(void* data)
{
	if (data)
		chunkOf(data)->dummy |= doubledFlag;
}

/* Chunks of slots and of pointers are told by the slots that have them. */
static void noteAllDoubled(txMachine* the)
{
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			switch (slot->kind) {
			case XS_ARGUMENTS_SLOPPY_KIND:
			case XS_ARGUMENTS_STRICT_KIND:
			case XS_ARRAY_KIND:
			case XS_STACK_KIND:
				noteDoubled(slot->value.array.address);
				break;
			case XS_MAP_KIND:
			case XS_SET_KIND:
				noteDoubled(slot->value.table.address);
				break;
			}
}

static uint32_t countChunkBytes(txMachine* the)
{
	uint32_t sum = 0;
	noteAllDoubled(the);
	for (txBlock* block = the->firstBlock; block; block = block->nextBlock) {
		txByte* current = (txByte*)block + sizeof(txBlock);
		while (current < block->current) {
			txChunk* chunk = (txChunk*)current;
			sum += boardBytes(chunk);
			current = chunk->temporary;
		}
	}
	return sum;
}

/* A collection cuts what a chunk takes to its size. */
static void noteCut(txMachine* the)
{
	for (txBlock* block = the->firstBlock; block; block = block->nextBlock) {
		txByte* current = (txByte*)block + sizeof(txBlock);
		while (current < block->current) {
			txChunk* chunk = (txChunk*)current;
			if (takenBy(chunk) == chunk->size)
				chunk->dummy = (chunk->dummy & ~roundedFlag) | (chunk->dummy & roundedSizeFlag ? roundedFlag : 0);
			current = chunk->temporary;
		}
	}
}

static void recount(txMachine* the)
{
	noteCut(the);
	gMemory.chunkBytes = countChunkBytes(the);
	gMemory.countedAt = gMemory.collections;
}

static uint32_t usedBytes(txMachine* the)
{
	txSize slots = the->currentHeapCount - gMemory.baseSlots;
	if (gMemory.countedAt != gMemory.collections)
		recount(the);
	int32_t bytes = slots * boardSlotSize + (int32_t)(gMemory.chunkBytes - gMemory.baseChunkBytes);
	return bytes > 0 ? (uint32_t)bytes : 0;
}

/* Like a board: over the limit, collect and compact; still over, the end. */
static void reserve(txMachine* the, uint32_t bytes)
{
	if (!gMemory.limit || usedBytes(the) + bytes <= gMemory.limit)
		return;
	fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
	if (usedBytes(the) + bytes > gMemory.limit) {
		gMemory.refused = bytes;
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	}
}

static void charge(txMachine* the, uint32_t bytes)
{
	gMemory.chunks += bytes;
	if (gMemory.countedAt != gMemory.collections)
		recount(the);
	else
		gMemory.chunkBytes += bytes;
}

txSlot* fxNewSlot(txMachine* the)
{
	reserve(the, boardSlotSize);
	gMemory.slots++;
	return plainNewSlot(the);
}

txSlot* fxDuplicateSlot(txMachine* the, txSlot* slot)
{
	reserve(the, boardSlotSize);
	gMemory.slots++;
	return plainDuplicateSlot(the, slot);
}

void* fxNewChunk(txMachine* the, txSize size)
{
	reserve(the, boardChunkSize(size));
	void* data = plainNewChunk(the, size);
	chunkOf(data)->dummy = 0;
	noteTaken(chunkOf(data), size);
	charge(the, boardBytes(chunkOf(data)));
	return data;
}

/* Only arrays ask for room to grow: these are slots. */
void* fxNewGrowableChunk(txMachine* the, txSize size, txSize capacity)
{
	reserve(the, boardChunkSize(capacity / 2));
	void* data = plainNewGrowableChunk(the, size, capacity);
	chunkOf(data)->dummy = doubledFlag;
	charge(the, boardBytes(chunkOf(data)));
	return data;
}

/* What grows in place counts as far as it takes new room; within what it takes it needs none. */
void* fxRenewChunk(txMachine* the, void* data, txSize size)
{
	txChunk* chunk = chunkOf(data);
	uint32_t before = boardBytes(chunk);
	txSize taken = takenBy(chunk);
	uint32_t wanted = boardChunkSize(chunk->dummy & doubledFlag ? size / 2 : size);
	if (wanted > before && gMemory.limit && usedBytes(the) + wanted - before > gMemory.limit)
		return NULL; /* the caller then asks for a new chunk, which may collect; here nothing may move */
	data = plainRenewChunk(the, data, size);
	if (!data)
		return NULL;
	noteSize(chunk, size);
	if (takenBy(chunk) > taken) {
		noteTaken(chunk, size);
		charge(the, boardBytes(chunk) - before);
	}
	return data;
}

/* What has never been used still holds the byte it was filled with. */
static uint32_t stackPeak(void)
{
	txByte* byte = (txByte*)gMemory.stackEnd;
	while (byte < (txByte*)gMemory.stackBase && *byte == (txByte)unusedByte)
		byte++;
	return (uint32_t)(((txByte*)gMemory.stackBase - byte + sizeof(txSlot) - 1) / sizeof(txSlot));
}

/* A collection marks everything reachable once, so this object's marker is called once in each. */
static void countCollection(txMachine* the, void* data, txMarkRoot markRoot)
{
	(void)the;
	(void)data;
	(void)markRoot;
	gMemory.collections++;
}

static txHostHooks gWitnessHooks = { NULL, countCollection, NULL };
static txSlot gWitness;

void memoryStart(void* machine, uint32_t limit, uint32_t stackCount)
{
	txMachine* the = gMemory.the = machine;
	fxNewHostObject(the, NULL);
	gWitness = *the->stack;
	fxSetHostData(the, &gWitness, &gWitness);
	fxSetHostHooks(the, &gWitness, &gWitnessHooks);
	fxRemember(the, &gWitness);
	mxPop();

	fxCollect(the, XS_COMPACT_FLAG);
	fxCollect(the, XS_COMPACT_FLAG);
	the->minimumHeapCount = 64;
	the->minimumChunksSize = 1024;
	recount(the);
	gMemory.baseSlots = the->currentHeapCount;
	gMemory.baseChunkBytes = gMemory.chunkBytes;
	gMemory.limit = limit;
	if (stackCount && the->stack - stackCount > the->stackBottom)
		the->stackBottom = the->stack - stackCount;
	gMemory.stackBase = the->stack;
	gMemory.stackEnd = the->stackBottom;
	memset(the->stackBottom, unusedByte, (size_t)((txByte*)the->stack - (txByte*)the->stackBottom));
	memoryMark();
}

void memoryMark(void)
{
	txMachine* the = gMemory.the;
	gMemory.slotsAtMark = gMemory.slots;
	gMemory.chunkBytesAtMark = gMemory.chunks;
	gMemory.collectionsAtMark = gMemory.collections;
	gMemory.codesAtMark = the->meterIndex;
	gMemory.stepsAtMark = gBuiltinSteps;
}

void memoryCollect(void)
{
	fxCollect(gMemory.the, XS_COMPACT_FLAG);
}

uint32_t memoryLiveSlots(void)
{
	txSize slots = gMemory.the->currentHeapCount - gMemory.baseSlots;
	return slots > 0 ? (uint32_t)slots : 0;
}

uint32_t memoryLiveChunkBytes(void)
{
	int32_t bytes = (int32_t)(countChunkBytes(gMemory.the) - gMemory.baseChunkBytes);
	return bytes > 0 ? (uint32_t)bytes : 0;
}

uint32_t memorySlots(void)
{
	return gMemory.slots - gMemory.slotsAtMark;
}

uint32_t memoryChunkBytes(void)
{
	return gMemory.chunks - gMemory.chunkBytesAtMark;
}

uint32_t memoryCollections(void)
{
	return gMemory.collections - gMemory.collectionsAtMark;
}

uint32_t memoryMeter(void)
{
	return gMemory.the->meterIndex - gMemory.codesAtMark + (gBuiltinSteps - gMemory.stepsAtMark) / 4;
}

void memoryRead(MemoryCounters* counters)
{
	counters->slots = memoryLiveSlots();
	counters->chunkBytes = memoryLiveChunkBytes();
	counters->slotsAllocated = memorySlots();
	counters->chunkBytesAllocated = memoryChunkBytes();
	counters->collections = memoryCollections();
	counters->meter = memoryMeter();
	counters->limit = gMemory.limit;
	counters->stack = stackPeak();
	counters->refused = gMemory.refused;
	counters->used = counters->slots * boardSlotSize + counters->chunkBytes;
}
