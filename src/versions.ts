// Which versions of MQTT this build has beside 3.1.1. A manifest puts versions-3.1.1.ts in its place to leave 5.0 out.

export { parts5 } from "./connection/v5/parts.js";
