export default {
	// The second one judges test/conformance, and is there once tsc has run.
	reporters: ["default", "<rootDir>/build/test/conformance/reporter.js"],
	testMatch: ["<rootDir>/test/**/*.test.ts"],
	extensionsToTreatAsEsm: [".ts"],
	moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
	transform: {
		"\\.ts$": [
			"@swc/jest",
			{ jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
		],
	},
};
