using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Soco.Vision;

namespace Soco.Cli.Watching;

/// <summary>Serves one page to browsers of this machine, and nothing else: at 127.0.0.1, to requests that name it or localhost.</summary>
internal static class PageServer
{
    /// <summary>Names under which a browser of this machine asks; another one leads here from a foreign page (DNS rebinding).</summary>
    private static readonly string[] s_hosts = ["localhost", "127.0.0.1"];

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    /// <summary>Serves until Ctrl-C or SIGTERM.</summary>
    /// <param name="page">The page.</param>
    /// <param name="port">The port; 0: any free one.</param>
    /// <param name="started">Told the address.</param>
    /// <exception cref="SocoRequestException">The port is in use, or not allowed.</exception>
    public static void Run(WatchedPage page, int port, Action<string> started)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .UseShutdownTimeout(s_farewell)
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, port);
                kestrel.AddServerHeader = false;
            });
        using WebApplication server = builder.Build();
        server.Run(request => Answer(request, page));
        try
        {
            server.StartAsync().GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            bool denied = error is SocketException { SocketErrorCode: SocketError.AccessDenied };
            throw new SocoRequestException(
                $"Port {port} {(denied ? "needs rights that this user has not" : "is in use by another program")}: name another one with --port, or none for any free one.",
                error
            );
        }

        started(server.Urls.First() + "/");
        server.WaitForShutdownAsync().GetAwaiter().GetResult();
    }

    private static Task Answer(HttpContext exchange, WatchedPage page)
    {
        HttpRequest request = exchange.Request;
        HttpResponse response = exchange.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-cache";
        if (!s_hosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
        {
            return Refuse(
                response,
                StatusCodes.Status403Forbidden,
                "This page is for browsers of its own machine: ask for it as localhost or 127.0.0.1."
            );
        }

        if (request.Path != "/")
        {
            return Refuse(response, StatusCodes.Status404NotFound, "There is one page here: /.");
        }

        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            return Refuse(response, StatusCodes.Status405MethodNotAllowed, "The page can only be read.");
        }

        try
        {
            (byte[] content, string tag) = page.Current();
            return Send(request, response, content, tag);
        }
        catch (Exception error) when (error is SocoException or IOException or UnauthorizedAccessException)
        {
            return Refuse(response, StatusCodes.Status503ServiceUnavailable, error.Message);
        }
    }

    private static Task Send(HttpRequest request, HttpResponse response, byte[] content, string tag)
    {
        response.Headers.ETag = tag;
        if (request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.ContentLength = content.Length;
        return HttpMethods.IsHead(request.Method) ? Task.CompletedTask : response.Body.WriteAsync(content).AsTask();
    }

    private static Task Refuse(HttpResponse response, int status, string sentence)
    {
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(sentence + "\n");
    }
}
