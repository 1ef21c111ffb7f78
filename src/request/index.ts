// What an app imports as "xs-mqtt/request".

export { ANSWER_TOO_LARGE, BUSY, NEEDS_5, NO_ANSWER, NO_RESPONSE_TOPIC, NOT_AWAITED } from "./reasons.js";
export { Requester, type RequesterOptions } from "./requester.js";
export { Responder, type ResponderOptions } from "./responder.js";
