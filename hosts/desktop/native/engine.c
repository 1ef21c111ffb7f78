/*
 * The module "desktop/engine": counters and control for tests and benchmarks. Reading a counter allocates nothing.
 * Knows memory.h and output.h. Must not know sockets.
 */
#include "host.h"
#include "memory.h"
#include "output.h"

static void setCount(xsMachine* the, uint32_t count)
{
	if (count <= INT32_MAX)
		xsmcSetInteger(xsResult, (int32_t)count);
	else
		xsmcSetNumber(xsResult, count);
}

static void engineMark(xsMachine* the)
{
	(void)the;
	memoryMark();
}

static void engineCollect(xsMachine* the)
{
	(void)the;
	memoryCollect();
}

static void engineSlots(xsMachine* the)
{
	setCount(the, memorySlots());
}

static void engineChunkBytes(xsMachine* the)
{
	setCount(the, memoryChunkBytes());
}

static void engineCollections(xsMachine* the)
{
	setCount(the, memoryCollections());
}

static void engineMeter(xsMachine* the)
{
	setCount(the, memoryMeter());
}

static void engineLiveSlots(xsMachine* the)
{
	setCount(the, memoryLiveSlots());
}

static void engineLiveChunkBytes(xsMachine* the)
{
	setCount(the, memoryLiveChunkBytes());
}

static void engineExit(xsMachine* the)
{
	hostExit(xsmcArgc ? xsmcToInteger(xsArg(0)) & 0xFF : 0);
}

static void engineReport(xsMachine* the)
{
	outputReport(xsmcToString(xsArg(0)));
}

static void engineReportNumbers(xsMachine* the)
{
	double values[4];
	int count = xsmcArgc < 4 ? xsmcArgc : 4;
	for (int i = 0; i < count; i++)
		values[i] = xsmcToNumber(xsArg(i));
	outputNumbers(values, count);
}

const NativeModule gEngineModule = {
	"desktop/engine",
	"export function mark() @ 'mark'\n"
	"export function collect() @ 'collect'\n"
	"export function slots() @ 'slots'\n"
	"export function chunkBytes() @ 'chunkBytes'\n"
	"export function collections() @ 'collections'\n"
	"export function meter() @ 'meter'\n"
	"export function liveSlots() @ 'liveSlots'\n"
	"export function liveChunkBytes() @ 'liveChunkBytes'\n"
	"export function exit(status) @ 'exit'\n"
	"export function report(text) @ 'report'\n"
	"export function reportNumbers() @ 'reportNumbers'\n",
	(const NativeFunction[]) {
		{ "mark", engineMark },
		{ "collect", engineCollect },
		{ "slots", engineSlots },
		{ "chunkBytes", engineChunkBytes },
		{ "collections", engineCollections },
		{ "meter", engineMeter },
		{ "liveSlots", engineLiveSlots },
		{ "liveChunkBytes", engineLiveChunkBytes },
		{ "exit", engineExit },
		{ "report", engineReport },
		{ "reportNumbers", engineReportNumbers },
		{ NULL, NULL },
	},
};
