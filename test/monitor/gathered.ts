// A listener that keeps what it is told, and lets wait for it.

import type { Listener, MonitorEvent } from "../../tools/monitor/events.js";

export class Gathered implements Listener {
	events: MonitorEvent[] = [];
	#changed: () => void = () => {};

	event(event: MonitorEvent): void {
		this.events.push(event);
		this.#changed();
	}

	/** The first event that matches, among those to come and those that have come. */
	async until(matches: (event: MonitorEvent) => boolean): Promise<MonitorEvent> {
		for (;;) {
			const found = this.events.find(matches);
			if (found !== undefined) return found;
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
	}

	line(text: string | RegExp): Promise<MonitorEvent> {
		return this.until(
			(event) =>
				(event.type === "log" || event.type === "text" || event.type === "note") &&
				(typeof text === "string" ? event.text === text : text.test(event.text)),
		);
	}

	/** All but notes and what a ROM says. */
	told(): MonitorEvent[] {
		return this.events.filter(({ type }) => type !== "note" && type !== "text");
	}

	get notes(): string[] {
		return this.events.flatMap((event) => (event.type === "note" ? [event.text] : []));
	}
}
