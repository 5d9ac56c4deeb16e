using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace SignalMesh.Interop;

/// <summary>Writes values so that different ones have different texts.</summary>
internal static class Text
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string s => "\"" + JsonEncodedText.Encode(s) + "\"",
        char c => $"'{JsonEncodedText.Encode(c.ToString())}'",
        byte[] b => "0x" + Convert.ToHexString(b),
        DateTime t => t.ToString("O"),
        DateTimeOffset t => t.ToString("O"),
        DateOnly d => d.ToString("O"),
        TimeOnly t => t.ToString("O"),
        TimeSpan t => t.ToString("c"),
        Point p => $"({p.X}, {p.Y})",
        Order o => $"{o.Title} {o.Count} {Of(o.Price)} {o.Paid} {Of(o.Tags)} {Of(o.Notes)} {Of(o.Image)} {Of(o.Created)} previous {Of(o.Previous)}",
        JsonElement e => e.GetRawText(),
        IDictionary map => "{" + string.Join(", ", map.Keys.Cast<object>().OrderBy(k => k).Select(k => $"{Of(k)}: {Of(map[k])}")) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(Of)) + "]",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
