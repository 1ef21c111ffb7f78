/* The lines the host reads from stdin. */
#ifndef COMMANDS_H
#define COMMANDS_H

extern void commandsStart(void);

#endif
