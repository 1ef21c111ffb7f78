// The app of test/brokers in this process, or on a board: the same interface.

import { network } from "../../hosts/node/network.js";
import { type AppConfig, CLOSE, type Report, startApp } from "../brokers/firmware/app.js";
import { STACKS, start } from "./board.js";
import { Reports } from "./reports.js";

export interface App {
	readonly reports: Reports<Report>;
	/** A number to publish, or CLOSE, CLEAR. */
	command(command: number): void;
}

export type StartApp = (config: AppConfig) => Promise<App>;

const running = new Set<App>();

afterEach(() => {
	for (const app of running) app.command(CLOSE);
	running.clear();
});

export const inNode: StartApp = async (config) => {
	const reports = new Reports<Report>();
	const app = { reports, command: startApp(network, config, (report) => reports.add(report)) };
	running.add(app);
	return app;
};

/** On a board, which the test can unplug, cut and freeze. */
export async function onBoard(stack: (typeof STACKS)[number], config: AppConfig) {
	const reports = await start<Report>({
		firmware: "test/brokers/firmware/main",
		board: "esp8266",
		stack,
		config: { ...config },
	});
	const { board } = reports;
	return { reports, board, command: (command: number) => board.reading(command) };
}

/** Everywhere that the client runs here. */
export const PLACES: [string, StartApp][] = [
	["in Node", inNode],
	...STACKS.map((stack): [string, StartApp] => [
		`on a board with sockets of ${stack}`,
		(config) => onBoard(stack, config),
	]),
];

/** The next report of an event, with what else it has to have. */
export function next<E extends Report["event"]>(
	{ reports }: App,
	event: E,
	rest: Partial<Extract<Report, { event: E }>> = {},
): Promise<Extract<Report, { event: E }>> {
	const wanted = Object.entries({ ...rest, event });
	return reports.next((report) =>
		wanted.every(([key, value]) => (report as Record<string, unknown>)[key] === value),
	) as Promise<Extract<Report, { event: E }>>;
}
