// A module that says when its first line runs.
console.log(Date.now());
