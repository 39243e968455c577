import { after } from "node:test";
import { GlobalRegistrator } from "@happy-dom/global-registrator";

/**
 * What a page uses of a browser, without one: import this before anything that draws. Nothing is laid out,
 * so widths stay 0, and drawings that need one are left to real browsers.
 */
GlobalRegistrator.register({ url: "http://127.0.0.1:7801/" });
after(() => GlobalRegistrator.unregister());
