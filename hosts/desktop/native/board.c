/*
 * The boards the host can stand for. Numbers only: what they mean is said where they are used.
 * Must not know XS or sockets.
 */
#include "board.h"

#include <stddef.h>
#include <string.h>

/*
 * From the SDK's manifests ("creation": the machine gets `static` bytes, its stack of 16-byte slots included) and
 * the lwIP settings of its builds. ESP32 has no fixed size there; 64 KB is what a program may count on beside Wi-Fi and TLS.
 */
static const BoardType gBoards[] = {
	{ "esp8266", 32768 - 256 * 16, 256, 1460, 2 * 1460, 8, 4 * 1460 },
	{ "esp32", 65536 - 384 * 16, 384, 1436, 5744, 16, 5744 },
	{ "none", 0, 0, 1436, 5744, 16, 5744 },
};

const BoardType* gBoard = &gBoards[2];

const BoardType* boardNamed(const char* name)
{
	for (size_t i = 0; i < sizeof(gBoards) / sizeof(gBoards[0]); i++)
		if (!strcmp(gBoards[i].name, name))
			return &gBoards[i];
	return NULL;
}
