// Playwright Test as fast as it goes: no traces, no videos, no retries, no report, one headless shell a worker.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: process.env.PEERS_SCRATCH,
  fullyParallel: true,
  workers: Number(process.env.PEERS_SLOTS),
  retries: 0,
  reporter: "./count.js",
  use: {
    baseURL: process.env.PEERS_URL,
    headless: true,
    screenshot: "off",
    trace: "off",
    video: "off",
    launchOptions: { executablePath: process.env.PEERS_BROWSER },
  },
});
