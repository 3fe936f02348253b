namespace Soco.Vision.Scenes;

/// <summary>What the random draws of a scene are for; each purpose has a stream of its own.</summary>
internal enum ScenePurpose : ulong
{
    Background = 0x5CE0,
    Light,
    Layout,
    Surface,
    Grain,
}
