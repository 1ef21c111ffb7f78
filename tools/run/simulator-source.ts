// The log of a simulator that is started for it. Knows the simulator and where the monitor listens; nothing of its log.

import type { Listener, Source } from "../monitor/events.js";
import { TcpSource } from "../monitor/tcp-source.js";
import type { Simulator } from "./simulator.js";

export class SimulatorSource implements Source {
	readonly ended: Promise<void>;
	readonly #start: (port: number) => Simulator;
	readonly #listener: Listener;
	readonly #tcp: TcpSource;
	#simulator: Simulator | undefined;
	#end!: (result: Promise<void>) => void;

	/** `start`: a simulator, with its debugger at a port. */
	constructor(start: (port: number) => Simulator, listener: Listener) {
		this.#start = start;
		this.#listener = listener;
		// That it listens is of no interest: who connects is started from here.
		this.#tcp = new TcpSource(0, { event: (event) => this.#simulator && listener.event(event) });
		this.ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		this.ended.catch(() => {}); // it may come before anybody waits
	}

	async start(): Promise<void> {
		await this.#tcp.start();
		this.#run();
	}

	async reset(): Promise<void> {
		const simulator = this.#simulator;
		if (simulator === undefined) return;
		this.#listener.event({ type: "note", text: "the simulator is started again" });
		this.#simulator = undefined;
		simulator.stop();
		await simulator.ended;
		this.#run();
	}

	async stop(): Promise<void> {
		const simulator = this.#simulator;
		this.#simulator = undefined;
		simulator?.stop();
		await simulator?.ended.catch(() => {}); // it was told
		await this.#tcp.stop();
	}

	#run(): void {
		const simulator = this.#start(this.#tcp.port);
		this.#simulator = simulator;
		const onEnd = () => {
			if (this.#simulator === simulator) this.#end(simulator.ended);
		};
		simulator.ended.then(onEnd, onEnd);
	}
}
