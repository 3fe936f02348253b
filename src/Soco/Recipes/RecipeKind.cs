namespace Soco.Recipes;

/// <summary>A kind of recipe: the command that takes it, its keys and the methods that tell it from the others.</summary>
internal sealed class RecipeKind
{
    private readonly Type _type;

    private RecipeKind(Type type, string command)
    {
        _type = type;
        Command = command;
        Keys = [.. RecipeKey.Walk(type)];
        Sections = [.. Keys.Select(key => key.Section).Where(name => name.Length > 0).Distinct()];
        Methods = [.. Enum.GetValues(Keys.Single(key => key.Path == "method").Type).Cast<object>().Select(RecipeValue.Format)];
    }

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<RecipeKind> All { get; } =
    [new(typeof(PretrainingRecipe), "pretrain"), new(typeof(DetectionRecipe), "finetune")];

    /// <summary>The command; its recipes are in the folder of this name.</summary>
    public string Command { get; }

    /// <summary>Every key, those without a section first.</summary>
    public IReadOnlyList<RecipeKey> Keys { get; }

    /// <summary>The names of the sections.</summary>
    public IReadOnlyList<string> Sections { get; }

    /// <summary>What <c>method</c> can be.</summary>
    public IReadOnlyList<string?> Methods { get; }

    public static RecipeKind Of(Type type) => All.Single(kind => kind._type == type);

    /// <summary>A recipe with nothing but defaults.</summary>
    public Recipe Create() => (Recipe)Activator.CreateInstance(_type)!;

    /// <summary>The key that a value given for a whole section is for: the section's <c>kind</c>, if it has one.</summary>
    public string? ShortFormOf(string section) => Keys.FirstOrDefault(key => key.Section == section && key.Name == "kind")?.Path;

    /// <summary>The key that a person most likely meant.</summary>
    public string Nearest(string path) =>
        Keys.Select(key => key.Path)
            .Concat(Sections)
            .MinBy(known =>
                Math.Min(EditDistance.Between(path, known), EditDistance.Between(path, known[(known.LastIndexOf('.') + 1)..]) + 1)
            )!;
}
