// A process of a campaign: carries out one task after another.
import { run } from './runs.mjs';

process.on('message', (task) => {
  Promise.resolve()
    .then(() => run(task))
    .then(
      (result) => process.send(result),
      (error) => process.send({ part: task.part, broken: `${JSON.stringify(task)}: ${error.stack}` }),
    );
});
