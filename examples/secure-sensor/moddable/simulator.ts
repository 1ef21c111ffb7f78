// Moddable's simulator as the secure sensor's device. Its random numbers are always the same: nothing it sends is secret.

export { file } from "./files.js";

// A PC knows what day it is.
export function keepClock(): void {}

// It runs until it is closed.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
