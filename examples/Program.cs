using Soco.Examples;

// dotnet run -c Release --project examples -- NAME ARGUMENTS; each example is one file.
switch (args)
{
    case ["proposals", var images, var output]:
        ProposalsExample.Run(images, output);
        return 0;
    case ["pretrain", var images, var output]:
        PretrainExample.Run(images, output);
        return 0;
    case ["finetune", var annotations, var images, var output]:
        FinetuneExample.Run(annotations, images, output);
        return 0;
    case ["checkpoint", var weights]:
        CheckpointExample.Run(weights);
        return 0;
    case ["own-loop", var images]:
        OwnLoopExample.Run(images, steps: 20);
        return 0;
    default:
        Console.Error.WriteLine(
            "proposals IMAGES OUT | pretrain IMAGES OUT | finetune ANNOTATIONS IMAGES OUT | checkpoint FILE | own-loop IMAGES"
        );
        return 2;
}
