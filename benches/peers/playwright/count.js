// The smallest reporter: how many tests passed, and why the others did not.
export default class Count {
  #passed = 0;
  #failed = 0;

  onTestEnd(test, result) {
    if (result.status === "passed") {
      this.#passed += 1;
    } else {
      this.#failed += 1;
      console.error(test.title, result.status, result.error?.message);
    }
  }

  onError(error) {
    console.error(error.message);
  }

  onEnd() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
  }
}
