(call) => null
