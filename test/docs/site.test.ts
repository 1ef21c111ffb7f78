// The site: built without a warning, whole in itself, and looked at in a real browser at the width of a phone and of a desk.
// Needs the package chromium.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { FIRST } from "../support/board.js";
import { PAGES } from "../support/snippets.js";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TYPES: Record<string, string> = {
	".html": "text/html",
	".js": "text/javascript",
	".css": "text/css",
	".svg": "image/svg+xml",
};

let site: string;
let browser: Browser;

beforeAll(async () => {
	site = mkdtempSync(join(tmpdir(), "xs-mqtt-site-"));
	// As "npm run docs" does, but into a folder of its own.
	execFileSync("npx", ["typedoc", "--options", "typedoc.json", "--out", site], {
		cwd: "docs",
		stdio: "pipe",
		env: { ...process.env, NODE_OPTIONS: "" },
	});
	const executablePath = CHROMIUM.find((path) => existsSync(path));
	if (executablePath === undefined) throw new Error("there is no chromium: apt-get install chromium");
	browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}, FIRST);
afterAll(async () => {
	await browser?.close();
	rmSync(site, { recursive: true });
});

const files = () =>
	readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));

test("each page of ours is in it", () => {
	const listed = JSON.parse(readFileSync("docs/typedoc.json", "utf8")).projectDocuments as string[];
	const pages = listed.map((page) => normalize(join("docs", page)));
	expect(PAGES.filter((page) => page !== "README.md" && !pages.includes(page))).toEqual([]);
});

test("each link within it leads somewhere, and nothing comes from elsewhere", () => {
	const pages = files();
	expect(pages.length).toBeGreaterThan(60);
	const lost: string[] = [];
	for (const page of pages) {
		const html = readFileSync(join(site, page), "utf8").replace(/<pre>.*?<\/pre>/gs, "");
		for (const [, attribute, link] of html.matchAll(/\s(href|src)="([^"]*)"/g)) {
			if (/^https?:/.test(link)) {
				if (attribute === "src" || /<link/.test(html.slice(0, html.indexOf(link)).slice(-200)))
					lost.push(link);
				continue;
			}
			const [path] = decodeURIComponent(link).split("#");
			if (path !== "" && !existsSync(join(site, dirname(page), path))) lost.push(`${page}: ${link}`);
		}
	}
	expect(lost).toEqual([]);
});

/** Serves the site on loopback; its address, and how to end it. */
async function serve(): Promise<{ url: string; close(): void }> {
	const server = createServer(({ url = "/" }, response) => {
		const path = join(site, normalize(decodeURIComponent(new URL(url, "http://x").pathname)));
		const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
		if (!existsSync(file)) response.writeHead(404).end();
		else
			response
				.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" })
				.end(readFileSync(file));
	});
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

const LOOKED_AT = [
	"index.html",
	"documents/Publish.html",
	"documents/Boards.html",
	"classes/xs-mqtt.Client.html",
];

test.each([
	["a phone", 360, 740],
	["a desk", 1280, 800],
])(
	"in a browser, from disk and served, at the width of %s",
	async (_, width, height) => {
		const { url, close } = await serve();
		try {
			const page = await browser.newPage({ viewport: { width, height } });
			const errors: string[] = [];
			page.on("pageerror", (error) => errors.push(String(error)));
			page.on("console", (message) => {
				// From disk typedoc puts its icons into the page when this has failed.
				if (message.type() === "error" && !/file:.*icons\.svg/.test(message.text()))
					errors.push(message.text());
			});
			page.on("request", (request) => {
				if (!/^(file:|data:|blob:|http:\/\/127\.0\.0\.1)/.test(request.url())) errors.push(request.url());
			});
			for (const base of [pathToFileURL(resolve(site)).href, url.slice(0, -1)])
				for (const name of LOOKED_AT) {
					await page.goto(`${base}/${name}`);
					const scrollWidth = await page.evaluate("document.documentElement.scrollWidth");
					const heading = await page.evaluate("document.querySelector('h1')?.textContent ?? ''");
					expect([name, (scrollWidth as number) <= width, heading !== ""]).toEqual([name, true, true]);
					const screenshot = process.env.XS_MQTT_SCREENSHOTS;
					if (screenshot)
						await page.screenshot({ path: join(screenshot, `${name.replaceAll("/", "-")}-${width}.png`) });
				}
			expect(errors).toEqual([]);
			await page.close();
		} finally {
			close();
		}
	},
	60_000,
);
