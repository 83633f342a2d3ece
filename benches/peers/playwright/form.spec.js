import { expect, test } from "@playwright/test";

for (let number = 1; number <= Number(process.env.PEERS_CASES); number++) {
  test(`visitor ${number}`, async ({ page }) => {
    await page.goto("/");
    await page.getByLabel("User").fill(`visitor ${number}`);
    await page.getByLabel("Password").fill("lighthouse");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.locator("#greeting")).toHaveText(`Welcome visitor ${number}`);
    await expect(page.locator("#visits li")).toHaveCount(1);    // 1: nobody was here before, the context is its own
  });
}
