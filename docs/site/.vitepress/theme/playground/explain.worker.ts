// The worker of the playground: it answers each input that the page posts with what `explain` finds.
import '@credex/explain/worker';
