export default {
	// Most of a test is waiting, for brokers and for boards.
	maxWorkers: "100%",
	// Milliseconds, for tests and hooks: keys are generated and brokers start on machines that are busy.
	testTimeout: 30_000,
	// The second one judges which tests name a statement of MQTT, and is there once tsc has run.
	reporters: ["default", "<rootDir>/build/test/conformance/reporter.js"],
	testMatch: ["<rootDir>/test/**/*.test.ts"],
	extensionsToTreatAsEsm: [".ts"],
	moduleNameMapper: {
		"^(\\.{1,2}/.*)\\.js$": "$1",
		"^xs-mqtt$": "<rootDir>/src/index",
		"^xs-mqtt/(tls|websocket)$": "<rootDir>/src/transport/$1/index",
		"^xs-mqtt/(desktop|node)$": "<rootDir>/hosts/$1/index",
	},
	// What is packed.
	modulePathIgnorePatterns: ["<rootDir>/tools/build/"],
	transform: {
		"\\.ts$": [
			"@swc/jest",
			{
				jsc: {
					target: "es2022",
					parser: { syntax: "typescript" },
					transform: { useDefineForClassFields: false },
				},
				module: { type: "es6" },
			},
		],
	},
};
