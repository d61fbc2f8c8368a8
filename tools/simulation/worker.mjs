// A process of a campaign: carries out one task after another.
import { run } from './runs.mjs';

process.on('message', (task) => {
  Promise.resolve()
    .then(async () => {
      const before = process.cpuUsage();
      const result = await run(task);
      const { user, system } = process.cpuUsage(before);
      return { ...result, processorMs: (user + system) / 1_000 };
    })
    .then(
      (result) => process.send(result),
      (error) => process.send({ part: task.part, broken: `${JSON.stringify(task)}: ${error.stack}` }),
    );
});
