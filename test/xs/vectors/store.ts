// The model of the store with a few seeds, for every engine.

import { type Kind, StoreModel } from "./store-model.js";
import { StoreModel5 } from "./store-model5.js";
import type { Vector } from "./vector.js";

/** `idle`: what cannot happen there. */
export const KINDS: Record<string, Kind & { idle: string[] }> = {
	"a small store": {
		storeSize: 256,
		window: 4,
		dropsOldest: false,
		owners: [],
		idle: ["replaced", "dropped"],
	},
	"a store with owners": {
		storeSize: 400,
		window: 4,
		dropsOldest: false,
		owners: [0, 0, 12],
		idle: ["dropped"],
	},
	"a store that drops the oldest": { storeSize: 160, window: 8, dropsOldest: true, owners: [0, 9], idle: [] },
	"a window of one": { storeSize: 128, window: 1, dropsOldest: true, owners: [6], idle: [] },
};

/** What only MQTT 5.0 has is in the model too. */
export const MODELS = { "3.1.1": StoreModel, "5.0": StoreModel5 };

export const storeVectors: readonly Vector[] = Object.entries(MODELS).flatMap(([version, Model]) =>
	Object.entries(KINDS).map(([name, kind]) => ({
		name: `${version} model of ${name}`,
		wanted: "as the model",
		run() {
			for (let seed = 1; seed <= 5; seed++) new Model(seed, kind).run(200);
			return "as the model";
		},
	})),
);
