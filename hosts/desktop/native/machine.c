/*
 * The module "desktop/machine": this computer as a source of readings. Knows the operating system's gauges.
 * Must not know the network. Nothing allocates but `id`, once.
 * Each reading is told as a line too: whoever started the board can tell its readings from those of others.
 */
#include "machine.h"

#include "host.h"
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
	#include <mach/mach.h>
#endif

/* A callback of the application, remembered while there is one. */
typedef struct {
	xsMachine* machine;
	xsSlot function;
} Callback;

static Callback gReading;
static Callback gQuit;

/* Six bytes that stay the same for a user of this computer: FNV-1a of both names. */
static void machineId(xsMachine* the)
{
	char names[512] = "", text[13];
	uint64_t hash = 0xCBF29CE484222325u;
	const char* user = getenv("USER");
	gethostname(names, 255);
	names[255] = 0;
	snprintf(names + strlen(names), 256, "/%s/%u", user ? user : "", (unsigned)getuid());
	for (const char* c = names; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001B3u;
	snprintf(text, sizeof(text), "%012llx", (unsigned long long)((hash ^ hash >> 48) & 0xFFFFFFFFFFFFu));
	xsmcSetString(xsResult, text);
}

static void machineLoadAverage(xsMachine* the)
{
	double load = NAN;
	getloadavg(&load, 1);
	outputMeasured("loadAverage", load);
	xsmcSetNumber(xsResult, load);
}

#ifdef __linux__
static bool readFile(const char* path, char* text, size_t size)
{
	FILE* file = fopen(path, "r");
	if (!file)
		return false;
	size_t length = fread(text, 1, size - 1, file);
	text[length] = 0;
	fclose(file);
	return length > 0;
}
#endif

static void machineFreeMemory(xsMachine* the)
{
	double bytes = NAN;
#ifdef __linux__
	char text[2048];
	const char* line = readFile("/proc/meminfo", text, sizeof(text)) ? strstr(text, "MemAvailable:") : NULL;
	if (line)
		bytes = strtod(line + strlen("MemAvailable:"), NULL) * 1024;
#else
	vm_statistics64_data_t statistics;
	mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
	if (host_statistics64(mach_host_self(), HOST_VM_INFO64, (host_info64_t)&statistics, &count) == KERN_SUCCESS)
		bytes = (double)(statistics.free_count + statistics.inactive_count) * getpagesize();
#endif
	outputMeasured("freeMemory", bytes);
	xsmcSetNumber(xsResult, bytes);
}

static void machineTemperature(xsMachine* the)
{
	double celsius = NAN;
#ifdef __linux__
	char path[64], text[32];
	for (int zone = 0; zone < 4 && isnan(celsius); zone++) {
		snprintf(path, sizeof(path), "/sys/class/thermal/thermal_zone%d/temp", zone);
		if (readFile(path, text, sizeof(text)))
			celsius = strtod(text, NULL) / 1000;
	}
#endif
	outputMeasured("temperature", celsius);
	xsmcSetNumber(xsResult, celsius);
}

static void setCallback(xsMachine* the, Callback* callback)
{
	if (callback->machine)
		xsForget(callback->function);
	callback->machine = NULL;
	if (xsmcArgc == 0 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		return;
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("callback is not a function");
	callback->function = xsArg(0);
	xsRemember(callback->function);
	callback->machine = the;
}

static void machineOnReading(xsMachine* the)
{
	setCallback(the, &gReading);
}

static void machineOnQuit(xsMachine* the)
{
	setCallback(the, &gQuit);
}

void machineReading(double value)
{
	if (!gReading.machine)
		return;
	xsBeginHost(gReading.machine);
		xsmcSetNumber(xsResult, value);
		xsCallFunction1(gReading.function, xsUndefined, xsResult);
	xsEndHost(gReading.machine);
}

bool machineQuit(void)
{
	if (!gQuit.machine)
		return false;
	xsBeginHost(gQuit.machine);
		xsCallFunction0(gQuit.function, xsUndefined);
	xsEndHost(gQuit.machine);
	return true;
}

const NativeModule gMachineModule = {
	"desktop/machine",
	"function makeId() @ 'id'\n"
	"export const id = makeId();\n"
	"export function loadAverage() @ 'loadAverage'\n"
	"export function freeMemory() @ 'freeMemory'\n"
	"export function temperature() @ 'temperature'\n"
	"export function onReading(callback) @ 'onReading'\n"
	"export function onQuit(callback) @ 'onQuit'\n",
	(const NativeFunction[]) {
		{ "id", machineId },
		{ "loadAverage", machineLoadAverage },
		{ "freeMemory", machineFreeMemory },
		{ "temperature", machineTemperature },
		{ "onReading", machineOnReading },
		{ "onQuit", machineOnQuit },
		{ NULL, NULL },
	},
};
