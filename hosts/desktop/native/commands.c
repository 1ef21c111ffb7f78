/*
 * Reads commands, one a line, and does them. Knows the protocol. Must not know how any of it is done.
 */
#include "commands.h"

#include "host.h"
#include "loop.h"
#include "machine.h"
#include "memory.h"
#include "network.h"
#include "output.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { lineMaximum = 256 };

static char gLine[lineMaximum];
static size_t gLength;

static void setNetwork(NetworkState state, const char* name)
{
	networkChange(state);
	outputNetwork(name);
}

static void unplug(void)
{
	networkVanish();
	outputExit(0);
	_exit(0);
}

static void obey(const char* line)
{
	MemoryCounters counters;
	if (!strcmp(line, "unplug"))
		unplug();
	else if (!strcmp(line, "cut"))
		setNetwork(networkCut, "cut");
	else if (!strcmp(line, "freeze"))
		setNetwork(networkFrozen, "frozen");
	else if (!strcmp(line, "restore"))
		setNetwork(networkUp, "up");
	else if (!strcmp(line, "mark"))
		memoryMark();
	else if (!strcmp(line, "collect"))
		memoryCollect();
	else if (!strcmp(line, "counters")) {
		memoryRead(&counters);
		outputMemory("counters", &counters);
	}
	else if (!strncmp(line, "reading ", 8))
		machineReading(strtod(line + 8, NULL));
	else if (!strcmp(line, "quit")) {
		if (!machineQuit())
			hostExit(0);
	}
	else if (*line)
		fprintf(stderr, "unknown command: %s\n", line);
}

static void readLines(void* data, short events)
{
	char bytes[lineMaximum];
	(void)data;
	(void)events;
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (count == 0) /* whoever started this is gone */
		hostExit(0);
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			gLine[gLength] = 0;
			gLength = 0;
			obey(gLine);
		}
		else if (gLength < lineMaximum - 1 && bytes[i] != '\r')
			gLine[gLength++] = bytes[i];
	}
}

void commandsStart(void)
{
	watchAdd(STDIN_FILENO, POLLIN, readLines, NULL);
}
