// A module that says when its first line runs.
console.log(performance.timeOrigin + performance.now());
