using Soco.Runtime;
using Soco.Vision.Imaging;

// dotnet run -c Release --project examples/DetectionService -- --model model.onnx [--urls http://127.0.0.1:5005]
// curl --data-binary @photograph.jpg http://127.0.0.1:5005/detect?threshold=0.5
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
string model =
    builder.Configuration["model"] ?? throw new InvalidOperationException("Give --model model.onnx, a file of `soco export --to onnx`.");
using Detector detector = Detector.Load(model);
await using WebApplication service = builder.Build();

service.MapGet("/classes", () => detector.Classes.Select(item => item.Name));

// One detector serves all requests; each decodes its own image.
service.MapPost(
    "/detect",
    async (HttpRequest request, double threshold = 0.5) =>
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        try
        {
            RgbImage image = ImageDecoder.Decode(body.GetBuffer().AsSpan(0, (int)body.Length), "the image");
            return Results.Ok(
                detector
                    .Detect(image, threshold)
                    .Select(found => new
                    {
                        found.Class,
                        found.Score,
                        Box = new[] { found.Box.X1, found.Box.Y1, found.Box.X2, found.Box.Y2 },
                        Mask = found.Mask is { } mask
                            ? new { Size = new[] { mask.Height, mask.Width }, Counts = mask.Counts.ToArray() }
                            : null,
                    })
            );
        }
        catch (UnreadableImageException error)
        {
            return Results.BadRequest(new { error.Message });
        }
    }
);

await service.RunAsync();
