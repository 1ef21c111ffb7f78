/*
 * Writes the host's half of the line protocol. Knows JSON and stdout.
 * Must not know XS; text comes in as the UTF-8 XS uses (a NUL character is the bytes C0 80).
 */
#include "output.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { traceMaximum = 4096, textMaximum = 65536 };

static char gTrace[traceMaximum + 1];
static size_t gTraceLength;
static bool gTraceCut;

/* The length of a well-formed character, 0 if there is none. */
static int characterLength(const unsigned char* s)
{
	int length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
	for (int i = 1; i < length; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
		(s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	return length;
}

static void writeString(const char* text, size_t maximum)
{
	const unsigned char* s = (const unsigned char*)text;
	const unsigned char* limit = s + maximum;
	fputc('"', stdout);
	while (*s && s < limit) {
		int length = characterLength(s);
		if (s[0] == 0xC0 && s[1] == 0x80) {
			fputs("\\u0000", stdout);
			length = 2;
		}
		else if (!length) {
			fputs("\xEF\xBF\xBD", stdout);
			length = 1;
		}
		else if (*s == '"' || *s == '\\')
			fprintf(stdout, "\\%c", *s);
		else if (*s < ' ')
			fprintf(stdout, "\\u%04x", *s);
		else
			fwrite(s, 1, (size_t)length, stdout);
		s += length;
	}
	if (*s)
		fputs("...", stdout);
	fputc('"', stdout);
}

static void endLine(void)
{
	fputs("}\n", stdout);
	fflush(stdout);
}

static void writeText(const char* type, const char* text, size_t maximum)
{
	fprintf(stdout, "{\"type\":\"%s\",\"text\":", type);
	writeString(text, maximum);
	endLine();
}

void outputFlushTrace(void)
{
	if (!gTraceLength)
		return;
	gTrace[gTraceLength] = 0;
	writeText("trace", gTrace, traceMaximum);
	gTraceLength = 0;
	gTraceCut = false;
}

static void traceByte(char c)
{
	if (c == '\n') {
		if (!gTraceLength)
			writeText("trace", "", 0);
		outputFlushTrace();
	}
	else if (gTraceLength < traceMaximum)
		gTrace[gTraceLength++] = c;
	else if (!gTraceCut) {
		gTraceCut = true; /* what is over is left out; say so in the line */
		memcpy(gTrace + traceMaximum - 3, "...", 3);
	}
}

/* XS prints through this: see platform.h. */
int hostVPrintf(const char* format, va_list arguments)
{
	char buffer[traceMaximum + 2];
	int length = vsnprintf(buffer, sizeof(buffer), format, arguments);
	for (int i = 0; i < length && i < (int)sizeof(buffer) - 1; i++)
		traceByte(buffer[i]);
	if (length >= (int)sizeof(buffer)) /* the end of the line was in the part that did not fit */
		traceByte('\n');
	return length;
}

int hostPrintf(const char* format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = hostVPrintf(format, arguments);
	va_end(arguments);
	return length;
}

void outputReady(void)
{
	fputs("{\"type\":\"ready\"", stdout);
	endLine();
}

void outputMemory(const char* type, const MemoryCounters* c)
{
	fprintf(stdout,
		"{\"type\":\"%s\",\"slots\":%u,\"chunkBytes\":%u,\"slotsAllocated\":%u,\"chunkBytesAllocated\":%u,"
		"\"collections\":%u,\"meter\":%u,\"limit\":%u,\"used\":%u,\"stack\":%u",
		type, c->slots, c->chunkBytes, c->slotsAllocated, c->chunkBytesAllocated, c->collections, c->meter, c->limit,
		c->used, c->stack);
	endLine();
}

void outputNetwork(const char* state)
{
	fprintf(stdout, "{\"type\":\"network\",\"state\":\"%s\"", state);
	endLine();
}

void outputReport(const char* text)
{
	writeText("report", text, textMaximum);
}

static void writeNumber(double value)
{
	if (isfinite(value))
		fprintf(stdout, "%.17g", value);
	else
		fputs("null", stdout); /* JSON has no NaN */
}

void outputNumbers(const double* values, int count)
{
	fputs("{\"type\":\"numbers\",\"values\":[", stdout);
	for (int i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', stdout);
		writeNumber(values[i]);
	}
	fputc(']', stdout);
	endLine();
}

void outputMeasured(const char* name, double value)
{
	fprintf(stdout, "{\"type\":\"measured\",\"name\":\"%s\",\"value\":", name);
	writeNumber(value);
	endLine();
}

void outputAbort(const char* reason, const char* message)
{
	outputFlushTrace();
	fprintf(stdout, "{\"type\":\"abort\",\"reason\":\"%s\",\"message\":", reason);
	writeString(message, textMaximum);
	endLine();
}

void outputExit(int status)
{
	outputFlushTrace();
	fprintf(stdout, "{\"type\":\"exit\",\"status\":%d", status);
	endLine();
}
