/* What a board has: memory for the machine, and the sizes its TCP was built with. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

typedef struct {
	const char* name;
	uint32_t memory; /* bytes of heap for the application, 0 for no limit */
	uint32_t stack; /* slots, 0 for no limit */
	uint32_t segment; /* TCP_MSS */
	uint32_t sendBuffer; /* TCP_SND_BUF */
	uint32_t sendSegments; /* TCP_SND_QUEUELEN */
	uint32_t window; /* TCP_WND */
} BoardType;

extern const BoardType* boardNamed(const char* name); /* NULL if there is none */
extern const BoardType* gBoard;

#endif
