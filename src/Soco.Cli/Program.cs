System.Console.WriteLine("soco");
